from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="scheduledjob",
            name="left_out",
            field=models.PositiveIntegerField(
                default=0, help_text="Times that made no run: total_repeats counts runs."
            ),
        ),
    ]
