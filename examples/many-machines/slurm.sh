#!/bin/sh
# Explores a script in parts, as a job array of SLURM, and adds the parts up in a job that follows.
#
#   slurm.sh PARTS FOLDER [OPTION]... SCRIPT
#   slurm.sh 64 found --schedules 1000000 bank.py
#
# OPTION is one of `pyt explore`; FOLDER, which all nodes must see, gets the report and the .schedule files of each part,
# and the whole report (report.txt). PYT names the command if it is not `pyt`. sbatch reads its own options from its
# variables too: SBATCH_PARTITION, SBATCH_TIMELIMIT and so on.
#
# Waits for the end, writes the report, and ends with the status of the merge: 0 if no schedule failed, 1 if one did,
# another if a part is missing. Without `--wait` below it would end at once; report.txt and `sacct` say the rest.
#SBATCH --job-name=pyt-explore
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
set -u

pyt=${PYT:-pyt}
case ${1-} in
--part)
    # A task of the array. It ends with 1 if a schedule failed: SLURM then calls it FAILED, which holds up nothing.
    parts=$2 folder=$3
    shift 3
    part=$SLURM_ARRAY_TASK_ID
    exec "$pyt" explore --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard "$part/$parts" --json \
        --output "$folder/part$part" "$@" > "$folder/part$part.json"
    ;;
--merge)
    # Each part by its name, not part*.json: the merge then refuses to leave one out.
    parts=$2 folder=$3
    set --
    part=0
    while [ "$part" -lt "$parts" ]; do
        set -- "$@" "$folder/part$part.json"
        part=$((part + 1))
    done
    exec "$pyt" explore --merge "$@"
    ;;
esac

if [ $# -lt 3 ]; then
    echo "usage: slurm.sh PARTS FOLDER [OPTION]... SCRIPT" >&2
    exit 2
fi
parts=$1 folder=$2
shift 2
mkdir -p "$folder" || exit 2
# A part of an earlier run must not stand for one that is missing now.
rm -f "$folder"/part*.json

array=$(sbatch --parsable --array="0-$((parts - 1))" --output="$folder/part%a.log" "$0" \
    --part "$parts" "$folder" "$@") || exit 2
# After any end of the array: `afterok` would wait for ever if a part has found a failure.
sbatch --wait --quiet --dependency="afterany:${array%%;*}" --output="$folder/report.txt" "$0" \
    --merge "$parts" "$folder"
status=$?
cat "$folder/report.txt"
exit "$status"
