from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0008_retried_at")]

    operations = [
        migrations.AddField(
            model_name="telegrambot",
            name="fingerprint",
            field=models.CharField(blank=True, default="", help_text="Of the token and the server.", max_length=64),
        ),
        migrations.AddField(
            model_name="telegrambot",
            name="username",
            field=models.CharField(blank=True, default="", help_text="By what commands name the bot.", max_length=64),
        ),
    ]
