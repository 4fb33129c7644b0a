# SPDX-License-Identifier: BSD-2-Clause
# Long runs of the fuzz targets, guided by coverage. Sourced by scripts/test.
# shellcheck shell=bash

FUZZ_JOBS=2 # targets at a time
FUZZ_RUNS=$ROOT/build/fuzz/runs
FUZZ_CORPUS=$ROOT/tests/fuzz/corpus

fuzz_targets() {
	local source
	for source in "$ROOT"/tests/fuzz/fuzz_*.c; do
		source=${source##*/fuzz_}
		echo "${source%.c}"
	done
}

fuzz_program() { echo "$ROOT/build/fuzz/tests/fuzz_$1"; }

fuzz_build() {
	local target
	"$ROOT/scripts/build" fuzz >&2 || die "fuzz: the targets cannot be built: see above"
	for target; do
		[[ -x $(fuzz_program "$target") ]] ||
			die "fuzz: there is no target \"$target\": there are $(fuzz_targets | paste -sd ' ')"
		mkdir -p "$FUZZ_CORPUS/$target"
	done
}

# fuzz_one TARGET SECONDS: what a run before this one has found stays, and is where it goes on
fuzz_one() {
	local run=$FUZZ_RUNS/$1 program
	program=$(fuzz_program "$1")
	mkdir -p "$run/seeds" "$run/new"
	"$program" --seeds "$run/seeds"
	touch "$run/begin"
	(cd "$run" && nice -n 19 "$program" "-max_total_time=$2" -max_len=2048 -timeout=60 -report_slow_units=60 -rss_limit_mb=4096 \
		-print_final_stats=1 "-artifact_prefix=$run/find-" new "$FUZZ_CORPUS/$1" seeds) >"$run/log" 2>&1 || true
}

# fuzz_stat NAME LOG: of libFuzzer's last lines
fuzz_stat() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

# fuzz_line TARGET SECONDS: a row of the table; the status is 1 when it found something
fuzz_line() {
	local run=$FUZZ_RUNS/$1 finds cov
	finds=$(find "$run" -maxdepth 1 -name 'find-*' -newer "$run/begin" | wc -l)
	cov=$(grep -o 'cov: [0-9]*' "$run/log" | tail -n 1) || cov='cov: -'
	printf '%-9s %10s %8d.%d %8s %11d %6d\n' "$1" "$(fuzz_stat average_exec_per_sec "$run/log")" \
		"$(($2 / 60))" "$(($2 % 60 / 6))" "${cov#cov: }" \
		"$(find "$run/new" -type f -newer "$run/begin" | wc -l)" "$finds"
	((finds == 0)) && [[ $(fuzz_stat number_of_executed_units "$run/log") ]]
}

# fuzz_long MINUTES [TARGET...]
fuzz_long() {
	local minutes=$1 targets=("${@:2}") target seconds status=0
	((${#targets[@]})) || mapfile -t targets < <(fuzz_targets)
	seconds=$((minutes * 60 / ${#targets[@]}))
	((seconds > 0)) || die "fuzz: $minutes minutes are nothing for ${#targets[@]} targets: give more"
	fuzz_build "${targets[@]}"
	say "fuzz: ${#targets[@]} targets, $seconds seconds each, $FUZZ_JOBS at a time"
	for target in "${targets[@]}"; do
		while (($(jobs -rp | wc -l) >= FUZZ_JOBS)); do
			wait -n || true
		done
		fuzz_one "$target" "$seconds" &
	done
	wait
	printf '%-9s %10s %10s %8s %11s %6s\n' target executions/s minutes edges 'new inputs' finds
	for target in "${targets[@]}"; do
		fuzz_line "$target" "$seconds" || status=1
	done
	((status)) || return 0
	for target in "${targets[@]}"; do
		fuzz_tell "$target"
	done
	return 1
}

# fuzz_tell TARGET: what it found, and how to see that again
fuzz_tell() {
	local run=$FUZZ_RUNS/$1 find program
	program=$(fuzz_program "$1")
	while read -r find; do
		echo "find: ${program#"$ROOT"/} ${find#"$ROOT"/}"
	done < <(find "$run" -maxdepth 1 -name 'find-*' -newer "$run/begin")
	[[ $(fuzz_stat number_of_executed_units "$run/log") ]] ||
		echo "find: fuzz_$1 ended early: ${run#"$ROOT"/}/log"
}

# fuzz_merge [TARGET...]: the fewest inputs that reach what all there are reach become the corpus
fuzz_merge() {
	local targets=("$@") target run
	((${#targets[@]})) || mapfile -t targets < <(fuzz_targets)
	fuzz_build "${targets[@]}"
	for target in "${targets[@]}"; do
		run=$FUZZ_RUNS/$target
		mkdir -p "$run/new" "$run/seeds"
		rm -rf "$run/merged"
		mkdir "$run/merged"
		(cd "$run" && "$(fuzz_program "$target")" -set_cover_merge=1 -use_counters=0 -max_len=2048 -timeout=60 \
			merged "$FUZZ_CORPUS/$target" seeds new) >"$run/merge-log" 2>&1 ||
			die "fuzz: the inputs of $target cannot be merged: see ${run#"$ROOT"/}/merge-log"
		rm -rf "${FUZZ_CORPUS:?}/$target"
		mv "$run/merged" "$FUZZ_CORPUS/$target"
		printf '%-9s %4d inputs, %6d bytes\n' "$target" "$(find "$FUZZ_CORPUS/$target" -type f | wc -l)" \
			"$(cat "$FUZZ_CORPUS/$target"/* 2>/dev/null | wc -c)"
	done
}
