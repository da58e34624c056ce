"""Address of the dashboard."""

from django.urls import path

from xinfeng.console.dashboard import views

urlpatterns = [path("", views.page, name="dashboard")]
