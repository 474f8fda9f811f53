"""The pages of budding and merging."""

from django.urls import path

from microgroups.budding import merging_views, views

urlpatterns = [
    path("groups/<slug:slug>/bud/", views.bud_group, name="bud_group"),
    path("groups/<slug:slug>/budding/", views.budding, name="budding"),
    path("groups/<slug:slug>/budding/finish/", views.finish_budding, name="finish_budding"),
    path("groups/<slug:slug>/budding/drop/", views.drop_budding, name="drop_budding"),
    path("groups/<slug:slug>/merge/", merging_views.merge_group, name="merge_group"),
    path("groups/<slug:slug>/merge/drop/", merging_views.unmerge_group, name="unmerge_group"),
    path("mergings/<uuid:pk>/", merging_views.merging, name="merging"),
]
