"""What a resource type is: its attributes, how it is compared, and how it is read and written."""
