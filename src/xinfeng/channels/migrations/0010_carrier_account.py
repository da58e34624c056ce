"""Whose receipts a channel may bring: those of its account with the carrier."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Concat


class Migration(migrations.Migration):
    dependencies: ClassVar = [("channels", "0009_prefer_read")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="channel",
            name="carrier_account",
            field=models.GeneratedField(
                db_persist=True,
                expression=Concat(
                    Coalesce(
                        KT("config__app_id"),
                        KT("config__chatbot"),
                        KT("config__system_id"),
                        KT("config__account"),
                        models.Value(""),
                        output_field=models.TextField(),
                    ),
                    models.Value("@"),
                    Coalesce(KT("config__host"), models.Value(""), output_field=models.TextField()),
                    models.Value(":"),
                    Coalesce(KT("config__port"), models.Value(""), output_field=models.TextField()),
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
    ]
