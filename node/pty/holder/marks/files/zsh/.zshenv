# Marks prompts and commands for Homie. Zsh comes here by ZDOTDIR, which is put
# back first: everything else it reads is the account's own, as ever.

if (( ${+HOMIE_ZDOTDIR} )); then
	export ZDOTDIR=$HOMIE_ZDOTDIR
	unset HOMIE_ZDOTDIR
else
	unset ZDOTDIR
fi

{
	if [[ -r ${ZDOTDIR-$HOME}/.zshenv ]]; then
		source "${ZDOTDIR-$HOME}/.zshenv"
	fi
} always {
	if [[ -o interactive ]]; then
		source "${${(%):-%x}:h}/homie.zsh"
	fi
}
