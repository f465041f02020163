from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0012_resumed_at")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="resend_key",
            field=models.CharField(
                default="", help_text="The Idempotency-Key that last sent it again.", max_length=300
            ),
        ),
    ]
