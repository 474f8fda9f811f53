from django.urls import path

from network.notifications import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/mail/", views.choose_mail, name="choose_mail"),
    path("notices/stop/<str:token>/", views.stop_mail, name="stop_mail"),
]
