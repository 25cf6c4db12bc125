"""What each address of the API does: one function a call, from what was sent to what is answered."""
