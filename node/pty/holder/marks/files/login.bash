# shellcheck shell=bash
# What a login shell reads, for one that is started with --rcfile, which bash
# takes for the file of a shell that is none.

if [ -r /etc/profile ]; then
	# shellcheck source=/dev/null
	. /etc/profile
fi
for __homie_file in ~/.bash_profile ~/.bash_login ~/.profile; do
	if [ -r "$__homie_file" ]; then
		# shellcheck source=/dev/null
		. "$__homie_file"
		break
	fi
done
unset __homie_file
__homie_login=1
# shellcheck source=homie.bash
. "${BASH_SOURCE[0]%/*}/homie.bash"
