FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/kith
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock && python -m compileall -q /usr/local/lib
COPY manage.py ./
COPY network network
COPY microgroups microgroups
COPY facilitation facilitation
COPY bridging bridging
COPY templates templates
COPY static static
RUN python -m compileall -q . \
    && useradd --system --uid 10001 --home-dir /var/lib/kith kith \
    && install -d -o kith -g kith /var/lib/kith /srv/static
USER kith
ENV DJANGO_SETTINGS_MODULE=network.config.settings
EXPOSE 8000
CMD ["granian", "--interface", "asgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "network.config.asgi:application"]
