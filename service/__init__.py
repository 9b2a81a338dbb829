"""The items API: what runs on Lambda. Nothing here knows how it is run or deployed."""
