from django.urls import path

from facilitation.starters import views

urlpatterns = [
    path("groups/<slug:slug>/starters/", views.starters, name="starters"),
    path("groups/<slug:slug>/starters/new/", views.write_starter, name="write_starter"),
    path("starters/<uuid:pk>/", views.starter, name="starter"),
    path("starters/<uuid:pk>/publish/", views.publish_starter, name="publish_starter"),
    path("starters/<uuid:pk>/discard/", views.discard_starter, name="discard_starter"),
    path("starters/<uuid:pk>/put-back/", views.put_back_starter, name="put_back_starter"),
]
