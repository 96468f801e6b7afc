"""Uses the shared library whose path it is given: two threads hand a semaphore's count to each other."""
import ctypes
import sys
import threading

library = ctypes.CDLL(sys.argv[1])
library.CreateSemaphoreA.restype = ctypes.c_void_p
library.CreateSemaphoreA.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_char_p]
library.WaitForSingleObject.restype = ctypes.c_uint32
library.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
library.ReleaseSemaphore.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p]

semaphore = library.CreateSemaphoreA(None, 0, 1, b"consumer in Python")
giver = threading.Thread(target=library.ReleaseSemaphore, args=(semaphore, 1, None))
giver.start()
waited = library.WaitForSingleObject(semaphore, 10_000)
giver.join()
if waited != 0:
    sys.exit(f"the wait gave {waited:#x}")
print("consumed")
