// Package said has a doc comment, in one of its files.
package said
