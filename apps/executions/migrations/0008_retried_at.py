from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0007_telegram_bot")]

    operations = [
        migrations.AddField(
            model_name="workflowexecution",
            name="retried_at",
            field=models.DateTimeField(null=True, help_text="Of its last retry, from which its time limit counts."),
        )
    ]
