from django.urls import path

from facilitation.cues import views

urlpatterns = [
    path("care/<uuid:pk>/done/", views.cue_done, name="cue_done"),
    path("care/<uuid:pk>/let-in/", views.cue_let_in, name="cue_let_in"),
    path("care/<uuid:pk>/dismiss/", views.cue_dismiss, name="cue_dismiss"),
    path("care/<uuid:pk>/snooze/", views.cue_snooze, name="cue_snooze"),
    path("care/<uuid:pk>/assign/", views.cue_assign, name="cue_assign"),
    path("care/<uuid:pk>/reopen/", views.cue_reopen, name="cue_reopen"),
]
