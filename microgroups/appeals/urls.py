"""The pages of appeals."""

from django.urls import path

from microgroups.appeals import views

urlpatterns = [
    path("appeals/", views.appeals, name="appeals"),
    path("appeals/of/<uuid:pk>/", views.turned_away, name="turned_away"),
    path("appeals/<uuid:pk>/", views.appeal, name="appeal"),
]
