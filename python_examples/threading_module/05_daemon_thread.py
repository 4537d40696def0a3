def background_task():
    while True:
        print("Running in background...")

thread = threading.Thread(target=background_task, daemon=True)
thread.start()
