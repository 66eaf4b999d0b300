# Marks prompts and commands for Homie (OSC 133), and says which folder the
# shell is in (OSC 7). Nothing here is exported. HOMIE_SHELL_INTEGRATION=0
# switches it off.

if (( ! ${+functions[__homie_begin]} )); then

typeset -ga precmd_functions preexec_functions
typeset -g __homie_ran= __homie_pwd= __homie_url=

# Begins with the first prompt, when the account's own files have been read.
__homie_begin() {
	local -i exit=$?
	precmd_functions=(${precmd_functions:#__homie_begin})
	if [[ ${HOMIE_SHELL_INTEGRATION-} == 0 ]]; then
		return 0
	fi
	precmd_functions+=(__homie_precmd)
	preexec_functions+=(__homie_preexec)
	__homie_precmd
}
precmd_functions+=(__homie_begin)

# Percent-encodes the folder, byte by byte, into __homie_url.
__homie_encode() {
	emulate -L zsh
	setopt no_multibyte
	local LC_ALL=C c
	__homie_url=
	for c in ${(s::)PWD}; do
		case $c in
			([a-zA-Z0-9/._~-]) __homie_url+=$c ;;
			(*) __homie_url+=%${(l:2::0:)$(( [##16] #c & 255 ))} ;;
		esac
	done
	__homie_pwd=$PWD
}

__homie_precmd() {
	local -i exit=$? percent=0
	if [[ -o prompt_percent ]]; then percent=1; fi
	emulate -L zsh
	# Others that were added since may still change the prompt.
	if [[ $precmd_functions[-1] != __homie_precmd ]]; then
		precmd_functions=(${precmd_functions:#__homie_precmd} __homie_precmd)
	fi
	if [[ $__homie_pwd != $PWD ]]; then __homie_encode; fi
	local told=$'\e]7;file://'${HOST-}$__homie_url$'\a'
	if [[ -n $__homie_ran ]]; then told=$'\e]133;D;'$exit$'\a'$told; fi
	__homie_ran=
	local a=$'%{\e]133;A\a%}' b=$'%{\e]133;B\a%}'
	if (( percent )); then
		local plain=${${PS1-}//${(b)a}/}
		PS1=$a${plain//${(b)b}/}$b
	else
		told+=$'\e]133;A\a'
	fi
	if [[ -n ${TTY-} ]]; then print -rn -- $told >$TTY; fi
	return 0
}

__homie_preexec() {
	emulate -L zsh
	__homie_ran=1
	if [[ -n ${TTY-} ]]; then print -rn -- $'\e]133;C\a' >$TTY; fi
	return 0
}

fi
