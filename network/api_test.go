package network

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"
)

// TestAPIHasEveryListedItem compares the package's exported items and their types with the list of
// those that importers rely on.
func TestAPIHasEveryListedItem(t *testing.T) {
	have := map[string]bool{}
	for _, item := range exportedItems(t) {
		have[item] = true
	}
	list, err := os.ReadFile("testdata/seed-network-api.list")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(list)) {
		item := strings.TrimSpace(line)
		if item == "" {
			continue
		}
		count++
		if !have[item] {
			t.Errorf("missing or of another type: %s", item)
		}
	}
	if count < 250 {
		t.Errorf("the list has only %d items", count)
	}
}

// exportedItems lists the package's exported items in the form of the list.
func exportedItems(t *testing.T) (items []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				items = append(items, funcItem(decl)...)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					items = append(items, specItems(decl.Tok, spec)...)
				}
			}
		}
	}
	return items
}

func funcItem(decl *ast.FuncDecl) []string {
	if !decl.Name.IsExported() {
		return nil
	}
	signature := signatureOf(decl.Type)
	if decl.Recv == nil {
		return []string{"func " + decl.Name.Name + signature}
	}
	receiver := strings.TrimPrefix(types.ExprString(decl.Recv.List[0].Type), "*")
	return []string{"method " + receiver + "." + decl.Name.Name + signature}
}

func specItems(tok token.Token, spec ast.Spec) (items []string) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if tok == token.CONST && name.IsExported() {
				items = append(items, "const "+name.Name)
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return nil
		}
		items = append(items, "type "+spec.Name.Name)
		switch typ := spec.Type.(type) {
		case *ast.StructType:
			for _, field := range typ.Fields.List {
				items = append(items, fieldItems(spec.Name.Name, "field", field)...)
			}
		case *ast.InterfaceType:
			for _, method := range typ.Methods.List {
				items = append(items, fieldItems(spec.Name.Name, "imethod", method)...)
			}
		}
	}
	return items
}

func fieldItems(owner, what string, field *ast.Field) (items []string) {
	if len(field.Names) == 0 {
		return []string{"embed " + owner + " " + types.ExprString(field.Type)}
	}
	for _, name := range field.Names {
		if !name.IsExported() {
			continue
		}
		if method, ok := field.Type.(*ast.FuncType); ok && what == "imethod" {
			items = append(items, what+" "+owner+"."+name.Name+signatureOf(method))
			continue
		}
		items = append(items, what+" "+owner+"."+name.Name+" "+types.ExprString(field.Type))
	}
	return items
}

// signatureOf writes a function's type without names, as in "(net.IP) (string)".
func signatureOf(typ *ast.FuncType) string {
	list := func(fields *ast.FieldList) string {
		var all []string
		if fields != nil {
			for _, field := range fields.List {
				for range max(1, len(field.Names)) {
					all = append(all, types.ExprString(field.Type))
				}
			}
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	return list(typ.Params) + " " + list(typ.Results)
}
