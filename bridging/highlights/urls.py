from django.urls import path

from bridging.highlights import views

urlpatterns = [
    path("", views.home, name="home"),
    path("highlights/", views.highlights, name="highlights"),
    path("highlights/<uuid:pk>/", views.highlight, name="highlight"),
    path("highlights/<uuid:pk>/consent/", views.consent_highlight, name="consent_highlight"),
    path("highlights/<uuid:pk>/decline/", views.decline_highlight, name="decline_highlight"),
    path("highlights/<uuid:pk>/share/", views.share_highlight, name="share_highlight"),
    path("highlights/<uuid:pk>/withdraw/", views.withdraw_highlight, name="withdraw_highlight"),
    path("posts/<uuid:pk>/share/", views.propose_highlight, name="propose_highlight"),
]
