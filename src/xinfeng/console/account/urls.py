"""Addresses of signing in and of one's own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from xinfeng.console.account import login, password, proving, views
from xinfeng.console.account.duties import open_to_all

urlpatterns = [
    path("login", login.Login.as_view(), name="login"),
    path("login/code", login.code, name="login.code"),
    path("logout", open_to_all(LogoutView.as_view()), name="logout"),
    path("password", password.change, name="password"),
    path("account", views.page, name="account"),
    path("account/prove", proving.page, name="account.prove"),
    path("account/second-factor", views.set_up, name="account.second_factor"),
    path("account/second-factor/off", views.take_away, name="account.second_factor_off"),
    path("account/recovery-codes", views.recovery_codes, name="account.codes"),
    path("account/sessions/end", views.end_others, name="account.end_others"),
    path("account/sessions/<int:seat_id>/end", views.end_session, name="account.end_session"),
]
