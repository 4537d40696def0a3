import threading

def print_numbers():
    for i in range(5):
        print(f"Number: {i}")

# Creating a thread
thread = threading.Thread(target=print_numbers)

# Starting the thread
thread.start()

# Wait for thread to finish
thread.join()

print("Main thread finished")
