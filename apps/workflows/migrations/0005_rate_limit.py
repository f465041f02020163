from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0004_applied_edit")]

    operations = [
        migrations.AddField(
            model_name="workflow",
            name="rate_limit_per_minute",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Calls of all its webhooks, forms and public chats together; empty: no limit.",
                null=True,
            ),
        ),
    ]
