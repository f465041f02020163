from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0008_retried_at")]

    operations = [
        migrations.AddField(
            model_name="taskanswer",
            name="idempotency_key",
            field=models.CharField(max_length=300, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="workflowexecution",
            name="resumed_at",
            field=models.DateTimeField(null=True, help_text="When the worker that holds it took it."),
        ),
    ]
