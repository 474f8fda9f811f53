from django.urls import path

from microgroups.reminders import views

urlpatterns = [
    path("groups/<slug:slug>/reminder/", views.group_reminder, name="group_reminder"),
]
