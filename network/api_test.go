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

// TestExportedItemsAreDocumented checks that go doc says something about every exported item.
func TestExportedItemsAreDocumented(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		undocumented := func(name string) { t.Errorf("%s: %s has no comment", entry.Name(), name) }
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				exported := decl.Recv == nil || ast.IsExported(strings.TrimPrefix(types.ExprString(decl.Recv.List[0].Type), "*"))
				if decl.Name.IsExported() && exported && decl.Doc == nil {
					undocumented(decl.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					checkSpecDocumented(decl, spec, undocumented)
				}
			}
		}
	}
}

func checkSpecDocumented(decl *ast.GenDecl, spec ast.Spec, undocumented func(string)) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		if spec.Names[0].IsExported() && decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
			undocumented(spec.Names[0].Name)
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		if decl.Doc == nil && spec.Doc == nil {
			undocumented(spec.Name.Name)
		}
		var fields *ast.FieldList
		switch typ := spec.Type.(type) {
		case *ast.StructType:
			fields = typ.Fields
		case *ast.InterfaceType:
			fields = typ.Methods
		default:
			return
		}
		for i, field := range fields.List {
			if len(field.Names) == 0 || !field.Names[0].IsExported() || field.Doc != nil || field.Comment != nil {
				continue
			}
			// A comment may speak for the fields of a group below it.
			if i > 0 && len(fields.List[i-1].Names) > 0 && fields.List[i-1].Doc != nil {
				continue
			}
			undocumented(spec.Name.Name + "." + field.Names[0].Name)
		}
	}
}
