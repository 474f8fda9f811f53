from django.urls import path

from facilitation.welcome import views

GROUP = "groups/<slug:slug>/"

urlpatterns = [
    path(GROUP + "welcome/", views.group_welcome, name="group_welcome"),
    path(GROUP + "buddy/", views.buddy, name="buddy"),
    path(GROUP + "fit/", views.does_it_fit, name="does_it_fit"),
]
