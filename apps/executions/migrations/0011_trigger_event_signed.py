from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0010_answered_and_told_once")]

    operations = [
        migrations.AddField(
            model_name="triggerevent",
            name="signed",
            field=models.CharField(max_length=64, null=True, help_text="A digest of what the sender signed, once."),
        ),
        migrations.AddConstraint(
            model_name="triggerevent",
            constraint=models.UniqueConstraint(
                fields=["source", "signed"], condition=models.Q(signed__isnull=False), name="trigger_event_signed_once"
            ),
        ),
    ]
