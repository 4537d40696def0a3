#!/bin/sh
# Explores a script in parts, as many at once as there are cores, and adds the parts up. Needs GNU parallel.
#
#   parallel.sh PARTS FOLDER [OPTION]... SCRIPT
#   parallel.sh 8 found --schedules 100000 bank.py
#
# OPTION is one of `pyt explore`; FOLDER gets the report and the .schedule files of each part. PYT names the
# command if it is not `pyt`. GNU parallel reads its own options from PARALLEL: with
# PARALLEL='--sshloginfile hosts --workdir .' the parts run on other machines, which need pyt, and this folder at the
# same path (a network file system).
#
# Ends with the status of the merge: 0 if no schedule failed, 1 if one did, another if a part is missing. A part that
# finds a failure ends with 1, and the others go on: that is GNU parallel's `--halt never`.
set -u

if [ $# -lt 3 ]; then
    echo "usage: parallel.sh PARTS FOLDER [OPTION]... SCRIPT" >&2
    exit 2
fi
parts=$1 folder=$2
shift 2
mkdir -p "$folder" || exit 2
# A part of an earlier run must not stand for one that is missing now.
rm -f "$folder"/part*.json

# `{}` is the number of a part, for GNU parallel; so an argument of the script cannot have braces like these.
# shellcheck disable=SC2016 # "$@" is for the inner shell.
seq 0 $((parts - 1)) | parallel --halt never --quote \
    sh -c 'file=$1; shift; exec "$@" > "$file"' sh "$folder/part{}.json" \
    "${PYT:-pyt}" explore --jobs 1 --shard "{}/$parts" --json --output "$folder/part{}" "$@"

# Each part by its name, not part*.json: the merge then refuses to leave one out.
set --
part=0
while [ "$part" -lt "$parts" ]; do
    set -- "$@" "$folder/part$part.json"
    part=$((part + 1))
done
exec "${PYT:-pyt}" explore --merge "$@"
