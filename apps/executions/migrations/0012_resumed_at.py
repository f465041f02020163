from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0011_trigger_event_signed")]

    operations = [
        migrations.AddField(
            model_name="workflowexecution",
            name="resumed_at",
            field=models.DateTimeField(null=True, help_text="When the worker that holds it took it."),
        ),
    ]
