# Kith's image: the same for web, worker and beat. Built: docker compose build
FROM python:3.11-slim-bookworm AS packages
COPY requirements.lock /
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/kith --create-home --shell /usr/sbin/nologin kith \
 && install -d -o kith -g kith /srv/static
COPY --from=packages /venv /venv
COPY manage.py /app/
COPY network /app/network
COPY microgroups /app/microgroups
COPY facilitation /app/facilitation
COPY bridging /app/bridging
COPY templates /app/templates
COPY static /app/static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 KITH_VAR=/var/lib/kith KITH_STATIC=/srv/static
WORKDIR /app
RUN python -m compileall -q .
USER kith
EXPOSE 8000
CMD ["python", "-m", "network.config.web", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--respawn-failed-workers", "--log-level", "warning"]
