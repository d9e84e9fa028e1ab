# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # The variables are set, and used, where it is sourced.
# The measurements on PostgreSQL: the product (frontdesk, and large with the large data) and a straight server (straight) on
# one durable cluster, beside the product on SQLite (embedded).

addresses=([embedded]=127.0.0.1:$port [straight]=127.0.0.1:$((port + 1)) [frontdesk]=127.0.0.1:$((port + 2))
    [large]=127.0.0.1:$((port + 3)))
file=$data/embedded-$sessions.db cluster=$data/postgres

# Like the files, what the databases hold is kept: the cluster is only stopped.
finish() {
    stop_all
    ./script/postgres stop "$cluster"
    [ -z "$huge_pages_before" ] || echo "$huge_pages_before" >$huge_pages
}

# PostgreSQL's manual advises huge pages for many buffers ("Linux Huge Pages"), and takes them where there are some. Who may
# reserve them does so for the time of the measurements.
huge_pages=/proc/sys/vm/nr_hugepages huge_pages_before=""
reserve_huge_pages() {
    local megabytes
    ./script/postgres stop "$cluster"
    [ -w $huge_pages ] || return 0
    huge_pages_before=$(<$huge_pages)
    megabytes=$(awk '/^MemTotal/ { print int($2 / 4096 * 1.06) + 200 }' /proc/meminfo)
    echo $((huge_pages_before + megabytes / 2)) >$huge_pages
}

# Whether the cluster got them.
say_huge_pages() {
    local used
    used=$(awk '/^HugePages_(Total|Rsvd)/ { n += $2 } /^HugePages_Free/ { n -= $2 } END { print n }' /proc/meminfo)
    conditions="PostgreSQL's buffers $([ "$used" -gt 100 ] && echo in huge pages || echo "not in huge pages"), "
}
trap finish EXIT
[ "$fresh" = no ] || ./script/postgres remove "$cluster"
programs=$(./script/postgres programs)
reserve_huge_pages
url=$(./script/postgres start "$cluster" --port $((port + 4)))
say_huge_pages
process=$(./script/postgres process "$cluster")
databases=([straight]=$process [frontdesk]=$process [large]=$process)

# database NAME: its URL.
database() { echo "${url%/*}/$1"; }

sql() { "$programs/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d "$url" -c "$1"; }

drop() { PGOPTIONS='-c client_min_messages=warning' "$programs/dropdb" --maintenance-db "$url" --if-exists --force "$1"; }

# copy NAME: a copy of it to work on; the sessions that W1 starts are not to be there the next time.
copy() {
    local strategy=()
    [ "$(sql 'SHOW server_version_num')" -lt 150000 ] || strategy=(--strategy file_copy)
    drop "$1_copy"
    "$programs/createdb" --maintenance-db "$url" --template "$1" "${strategy[@]}" "$1_copy"
}

# kept NAME MAKE: whether the database is there and of that make. The make is noted in the cluster, when all is loaded.
kept() { [ "$(sql "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$1'")" = "$2" ]; }

# fill NAME MAKE COMMAND...: makes the database anew, with what the command puts into it.
fill() {
    drop "$1"
    "$programs/createdb" --maintenance-db "$url" "$1"
    "${@:3}"
    "$programs/psql" -X -q -d "$(database "$1")" -c 'VACUUM (ANALYZE)' -c CHECKPOINT
    sql "COMMENT ON DATABASE $1 IS '$2'"
}

# make_product SERVER COUNT: the product's database, its token beside the data.
make_product() {
    local name=frontdesk_$2 make
    # What decides how it looks; a database of another make is imported anew.
    make=$(find crates/store/src/postgres -type f | sort | xargs cat crates/domain/src/feed/tally.rs | cksum)
    if [ -s "$data/$name.token" ] && kept "$name" "$make"; then
        cat "$data/$name.import" >>"$records"
    else
        make_csv "$2"
        fill "$name" "$make" import_database "$1" "$2"
    fi
    tokens[$1]=$(<"$data/$name.token")
}

import_database() {
    local name=frontdesk_$2
    import "$1" "$2" "$(database "$name")" >"$data/$name.token"
    awk -v server="$1" '$1 == "import" && $2 == server' "$records" >"$data/$name.import"
}

make_straight() {
    local name=straight_$sessions make
    make=$(cat bench/straight/src/postgres/*.rs | cksum)
    kept "$name" "$make" ||
        fill "$name" "$make" "$tools/straight" load "$data/sessions-$sessions.csv" --database "$(database "$name")"
}

step "the data: $sessions sessions"
make_csv "$sessions"
make_straight
make_product frontdesk "$sessions"
import_file embedded "$sessions"
tokens[embedded]=$(<"$file.token") tokens[straight]=${tokens[frontdesk]}
copy "straight_$sessions"
copy "frontdesk_$sessions"
if [ "$with_large" = yes ]; then
    step "the data: $large sessions"
    make_product large "$large"
fi

step "starting the servers, $workers workers each"
sync
serve_straight "$(database "straight_${sessions}_copy")" "${tokens[straight]}"
set_up "$(database "frontdesk_${sessions}_copy")"
product "$(database "frontdesk_${sessions}_copy")"
serve frontdesk "${product[@]}"
product "sqlite:$file"
serve embedded "${product[@]}"
fill_practice frontdesk
compare frontdesk straight
compare frontdesk embedded

step "warming up: a server that has been running has its data in memory"
warm straight
warm frontdesk
warm embedded
if [ "$with_large" = yes ]; then
    product "$(database "frontdesk_$large")"
    serve large "${product[@]}"
    warm large
fi

for round in $(seq "$rounds"); do
    step "reading, round $round of $rounds"
    measure L1 straight
    measure L1 frontdesk
    memory frontdesk
    if [ "$with_large" = yes ]; then
        measure L1 large
        memory large
        measure L2 large
    fi
    measure L2 frontdesk
    for load_name in L2 L3; do
        measure $load_name straight
    done
    measure L3 frontdesk
    measure O1 frontdesk
    measure P1 frontdesk
    for load_name in L1 L2 L3; do
        measure $load_name embedded
    done
done
for round in $(seq "$rounds"); do
    step "writing, round $round of $rounds"
    for name in frontdesk straight; do
        # What the load before left to be written is not to be this one's burden.
        sql CHECKPOINT
        measure W1 $name
    done
    measure W1 embedded
    sql CHECKPOINT
    measure B1 frontdesk
done

step "starting"
starts frontdesk "$(database "frontdesk_${sessions}_copy")"
[ "$with_large" = no ] || starts large "$(database "frontdesk_$large")"
stop_all
drop "straight_${sessions}_copy"
drop "frontdesk_${sessions}_copy"
