# Cancelling must not end the wait for the process.
<<<
            transp.close()
            await transp._wait()
            raise
===
            transp.close()
            await tasks.shield(transp._wait())
            raise
>>>
<<<
            returncode = waitstatus_to_exitcode(status)

        os.close(pidfd)
===
            returncode = waitstatus_to_exitcode(status)
        finally:
            os.close(pidfd)
>>>
