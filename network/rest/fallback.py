"""What is said where no view speaks: problem+json below /api/, a page elsewhere."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults

from network.rest.errors import PROBLEM_JSON, problem
from network.rest.kept import kept_words


def bad_request(request, exception):
    if isinstance(exception, RequestDataTooBig):
        return in_json(413) if is_api(request) else too_large(request)
    return in_json(400) if is_api(request) else defaults.bad_request(request, exception)


def too_large(request):
    """More than a form takes."""
    return render(request, "413.html", status=413)


def permission_denied(request, exception):
    return in_json(403) if is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request, exception):
    return in_json(404) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request):
    return in_json(500) if is_api(request) else broken(request)


def broken(request):
    """Drawn without the network and the person, in case one of them is what broke."""
    facts = {"words": kept_words(request), "request_id": getattr(request, "id", "")}
    return HttpResponseServerError(render_to_string("500.html", facts))


def is_api(request):
    return request.path.startswith("/api/")


def in_json(status):
    """A problem outside of any endpoint."""
    answer = JsonResponse(problem(status).data, status=status, content_type=PROBLEM_JSON)
    answer["Cache-Control"] = "private, no-store"
    return answer
