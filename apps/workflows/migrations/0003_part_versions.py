from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_notifications")]

    operations = [
        migrations.AlterField(
            model_name="workflowversion",
            name="number",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
