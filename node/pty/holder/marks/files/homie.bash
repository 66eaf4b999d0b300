# shellcheck shell=bash
# Marks prompts and commands for Homie (OSC 133), and says which folder the
# shell is in (OSC 7). Bash reads this in the place of ~/.bashrc, which comes
# first. Nothing here is exported. HOMIE_SHELL_INTEGRATION=0 switches it off.

if [ -z "${__homie_marks-}" ]; then
	__homie_marks=1
	if [ -z "${__homie_login-}" ] && [ -r ~/.bashrc ]; then
		# shellcheck source=/dev/null
		. ~/.bashrc
	fi

	# As they stand in PS1 and PS0.
	__homie_a='\[\e]133;A\a\]'
	__homie_b='\[\e]133;B\a\]'
	__homie_c='\e]133;C\a'

	# Percent-encodes the folder, byte by byte, into __homie_url.
	__homie_encode() {
		local LC_ALL=C path=$PWD i c hex
		__homie_url=
		for ((i = 0; i < ${#path}; i++)); do
			c=${path:i:1}
			case $c in
			[a-zA-Z0-9/._~-]) __homie_url+=$c ;;
			*)
				printf -v hex '%02X' "'$c"
				__homie_url+=%${hex:${#hex}-2}
				;;
			esac
		done
		__homie_pwd=$PWD
	}

	# Says how the command ended and where the shell is.
	__homie_ended() {
		[ "${__homie_pwd-}" = "$PWD" ] || __homie_encode
		printf '\033]133;D;%s\a\033]7;file://%s%s\a' "$1" "${HOSTNAME-}" "$__homie_url" >&2 || :
	}

	# The first of the prompt's commands. Others may look at $?, too.
	__homie_first() {
		__homie_status=$?
		__homie_ended "$__homie_status"
		case $- in *e*) return 0 ;; esac
		return "$__homie_status"
	}

	# The last of them: by now the prompt is as it will be shown.
	__homie_last() {
		local status=$? ps1=${PS1-}
		[ -n "${__homie_status-}" ] || __homie_ended "$status" # the first one was removed
		__homie_status=
		ps1=${ps1//"$__homie_a"/}
		PS1=$__homie_a${ps1//"$__homie_b"/}$__homie_b
		case ${PS0-} in
		*"$__homie_c"*) ;;
		*) PS0=$__homie_c${PS0-} ;;
		esac
		return 0
	}

	if [ "${HOMIE_SHELL_INTEGRATION-}" != 0 ]; then
		if [ "${BASH_VERSINFO[0]}" -gt 5 ] || { [ "${BASH_VERSINFO[0]}" -eq 5 ] && [ "${BASH_VERSINFO[1]}" -ge 1 ]; }; then
			PROMPT_COMMAND=('__homie_first || :' ${PROMPT_COMMAND[@]+"${PROMPT_COMMAND[@]}"} __homie_last)
		else
			# shellcheck disable=SC2178 # a string, where bash knows no other
			PROMPT_COMMAND="__homie_first"$'\n'"${PROMPT_COMMAND-}"$'\n'"__homie_last"
		fi
		# A shell within this one has none of these functions.
		declare +x PROMPT_COMMAND
	fi
fi
