from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0008_platform_token"),
    ]

    operations = [
        migrations.AlterField(
            model_name="route",
            name="prefer",
            field=models.CharField(
                choices=[("price", "价格优先"), ("order", "按排列顺序"), ("read", "已读优先")],
                default="price",
                max_length=10,
            ),
        ),
    ]
