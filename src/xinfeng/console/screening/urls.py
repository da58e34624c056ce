"""Addresses of the content rules."""

from django.urls import path

from xinfeng.console.screening import domains, rules, trying, words

urlpatterns = [
    path("", rules.page, name="screening"),
    path("/rules/<str:rule_id>", rules.one, name="screening.rule"),
    path("/rules/<str:rule_id>/withdraw", rules.withdraw, name="screening.withdraw"),
    path("/words", words.page, name="screening.words"),
    path("/words/new", words.new, name="screening.words_new"),
    path("/words/<int:word_id>/retire", words.retire, name="screening.word_retire"),
    path("/try", trying.page, name="screening.try"),
    path("/try/result", trying.result, name="screening.try_result"),
    path("/domains", domains.page, name="screening.domains"),
]
