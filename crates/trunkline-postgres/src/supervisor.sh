# Runs one PostgreSQL server for as long as it has users, and stops it after the last one.
# Working directory: the cluster's. Arguments: directory of the binaries, linger in seconds, the server's arguments.
# stdin: a pipe that ends once the starter is a user, or dead. stdout: the locked file. stderr: the log.
#
# A user is whoever holds the FIFO `users` open for writing: the kernel closes it however the user dies, and read
# below returns then. A new user writes a line, then checks that the FIFO still has its name. So between the
# renaming and the last read nobody is lost: either the line is read here, or the newcomer sees the new name and waits.
#
# The lock is inherited by the server and by each of its processes. Whoever gets it knows that none of them lives.
bin=$1 linger=$2
shift 2
trap '' HUP INT QUIT TERM
exec 4<&0 9>&1 </dev/null >&2
rm -f stopping
[ -p users ] || mkfifo -m 600 users
exec 5<>users 3<users 5>&-

"$bin/postgres" "$@" >&9 3<&- 4<&- 9>&- &
server=$!

(
    exec 9>&-
    read -r _
    while :; do
        while read -r _ <&3; do :; done
        if [ -e keep ]; then
            exec 3<users
            continue
        fi
        [ "$linger" = 0 ] || sleep "$linger" 3<&-
        mv users stopping
        if read -r _ <&3; then
            mv stopping users
            continue
        fi
        "$bin/pg_ctl" stop -s -D data -m fast -t 60 3<&- || "$bin/pg_ctl" stop -s -D data -m immediate 3<&-
        exit
    done
) <&4 &
watcher=$!
exec 3<&- 4<&-

wait "$server"
status=$?
kill -KILL "$watcher"
exit "$status"
