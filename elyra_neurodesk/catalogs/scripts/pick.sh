# Some of several files. Arguments: patterns, whether files of the same name come along, output, files.
patterns=$1 companions=$2 output=$3
[ -d "$4" ] || fail 3 "the input 'Files' is not a folder of files." 13
cd "$4" || fail 3 "$4 cannot be read." 13
names=
for file in $patterns; do
  [ -f "$file" ] || continue
  mkdir -p "$output"
  names="$names $file"
  stem=${file%.gz}
  case $companions in
    [Tt]rue | 1) for one in "${stem%.*}".*; do copy "$one" "$output/"; done ;;
    *) copy "$file" "$output/" ;;
  esac
done
[ -n "$names" ] || fail 3 "no file is like '$patterns', but there are:$(find . -type f | tr '\n' ' ')" 13
say "picked:$names"
