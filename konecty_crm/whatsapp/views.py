"""`/webhooks/whatsapp` on the platform's host: the handshake, and deliveries.

Answers: 401 without a signature, 403 with a wrong one, 400 for what is no delivery, 413 for more
than 4 MiB, else 200 with an empty body, whatever the changes hold; 503 asks to send it again.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from konecty_crm.whatsapp.delivery import deliver
from konecty_crm.whatsapp.payload import MalformedError, raw_changes
from konecty_crm.whatsapp.signature import SignatureVerdict, handshake_answer, verify

__all__ = ["Webhook"]

# Meta documents 3 MB; Django's own limit for bodies is lower.
_LARGEST_BODY_BYTES = 4 * 1024 * 1024
_REFUSED = {SignatureVerdict.MISSING: 401, SignatureVerdict.WRONG: 403}


@method_decorator(csrf_exempt, name="dispatch")  # signed by Meta; it has no cookie of ours
class Webhook(View):
    http_method_names = ("get", "post")

    def get(self, request: HttpRequest) -> HttpResponse:
        given = request.GET
        answer = handshake_answer(
            given.get("hub.mode", ""),
            given.get("hub.verify_token", ""),
            given.get("hub.challenge", ""),
            expected=settings.WHATSAPP_VERIFY_TOKEN,
        )
        if answer is None:
            return HttpResponse(status=403)
        return HttpResponse(answer, content_type="text/plain")

    def post(self, request: HttpRequest) -> HttpResponse:
        body = request.read(_LARGEST_BODY_BYTES + 1)
        if len(body) > _LARGEST_BODY_BYTES:
            return HttpResponse(status=413)
        header = request.headers.get("X-Hub-Signature-256")
        verdict = verify(body, header, settings.WHATSAPP_APP_SECRET)
        if verdict is not SignatureVerdict.VALID:
            return HttpResponse(status=_REFUSED[verdict])
        try:
            changes = list(raw_changes(body))
        except MalformedError:
            return HttpResponse(status=400)
        return HttpResponse(status=200 if deliver(changes) else 503)
