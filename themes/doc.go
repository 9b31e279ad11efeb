// Package themes holds how pictures are coloured: the built-in themes, each a YAML file, and the
// loader that reads them and a user's own.
//
// A theme is colours by role and a style for each kind of wire. It never says where anything goes
// or what is shown, and a theme file can't make a picture load or run anything.
package themes
