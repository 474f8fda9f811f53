from django.urls import path

from network.notifications import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="read_notices"),
    path("notices/mail/", views.choose_mail, name="choose_mail"),
    path("me/notifications/", views.notification_settings, name="notification_settings"),
    path("me/attention/", views.attention, name="attention"),
    path("notices/stop/<str:token>/", views.stop_mail, name="stop_mail"),
]
