from django.urls import path

from facilitation.nudges import views

urlpatterns = [
    path("care/<uuid:pk>/write/", views.cue_write, name="cue_write"),
    path("groups/<slug:slug>/nudges/", views.group_nudges, name="group_nudges"),
    path("groups/<slug:slug>/stay/", views.stay, name="stay"),
    path("nudges/<uuid:pk>/", views.nudge, name="nudge"),
    path("nudges/<uuid:pk>/letter/", views.nudge_letter, name="nudge_letter"),
]
