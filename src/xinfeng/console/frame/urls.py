"""Addresses of the frame."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from xinfeng.console.frame import views

urlpatterns = [
    path("login", views.Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("password", views.PasswordChange.as_view(), name="password"),
    path("language", views.set_language, name="set_language"),
    path("theme", views.set_theme, name="set_theme"),
]
