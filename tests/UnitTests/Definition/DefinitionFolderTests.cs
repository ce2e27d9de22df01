using System.Runtime.CompilerServices;
using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public sealed class DefinitionFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ingest-definitions-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Examples_load()
    {
        var loaded = DefinitionLoader.LoadAll(Path.Combine(Root(), "pipelines"));
        Assert.Empty(loaded.Errors);
        Assert.Equal(["comments", "wikipedia", "zeek-ssl"], loaded.Definitions.Select(d => d.Name));
        Assert.Equal([7070, 7071, 7072], loaded.Definitions.Select(d => d.ListenPort));
        Assert.Equal([6, 20, 21], loaded.Definitions.Select(d => d.Columns.Count));
    }

    [Fact]
    public void Folder_is_read_in_the_order_of_names()
    {
        Write("b.yml", Definition("b"));
        Write("a.yaml", Definition("a"));
        Write("c.txt", "no definition");
        Write(".d.yaml", "no definition");
        _folder.CreateSubdirectory("e.yaml");

        var loaded = DefinitionLoader.LoadAll(_folder.FullName);
        Assert.Empty(loaded.Errors);
        Assert.Equal(["a", "b"], loaded.Definitions.Select(d => d.Name));
    }

    [Fact]
    public void Names_ports_and_tables_belong_to_one_file()
    {
        var a = Write("a.yaml", "pipeline: p\nlisten: 7070\ntable: t\ncolumns: { a: text }\n");
        var b = Write("b.yaml", "pipeline: p\nlisten: 7070\ntable: public.t\ncolumns: { a: text }\n");
        var c = Write("c.yaml", "pipeline: c\nlisten: 7071\ntable: s.t\ncolumns: { a: tex }\n");

        var loaded = DefinitionLoader.LoadAll(_folder.FullName);
        Assert.Equal(a, Assert.Single(loaded.Definitions).File);
        Assert.Equal(
            [
                $"{b}:1:11: the name 'p' is used by {a}:1 already; choose another",
                $"{b}:2:9: port 7070 is used by {a}:2 already; choose another",
                $"{b}:3:8: the table 'public.t' is used by {a}:3 already; choose another",
                $"{c}:4:15: unknown type 'tex'; did you mean 'text'?",
            ],
            loaded.Errors.Select(e => e.ToString()));
    }

    [Fact]
    public void A_sockets_path_belongs_to_one_file()
    {
        var a = Write("a.yaml", "pipeline: a\nlisten: ./x.sock\ntable: a\ncolumns: { a: text }\n");
        var path = Path.Combine(_folder.FullName, "x.sock");
        var b = Write("b.yaml", $"pipeline: b\nlisten: {path}\ntable: b\ncolumns: {{ a: text }}\n");
        Assert.Equal(
            $"{b}:2:9: the socket {path} is used by {a}:2 already; choose another",
            Assert.Single(DefinitionLoader.LoadAll(_folder.FullName).Errors).ToString());
    }

    [Fact]
    public void Single_file_loads()
    {
        var file = Write("a.txt", "\uFEFF" + Definition("a"));
        Assert.Equal("a", Assert.Single(DefinitionLoader.LoadAll(file).Definitions).Name);
        Assert.Equal("a", DefinitionLoader.LoadFile(file).Definition?.Name);
    }

    [Fact]
    public void Missing_empty_and_unreadable_are_errors()
    {
        var missing = Path.Combine(_folder.FullName, "missing");
        Assert.Equal($"{missing}:1:1: this file or folder does not exist; check the path", Only(DefinitionLoader.LoadAll(missing).Errors));
        Assert.Equal($"{missing}/a:1:1: this file or folder does not exist; check the path", Only(DefinitionLoader.LoadFile(missing + "/a").Errors));
        Assert.Equal($"{_folder}:1:1: this folder holds no *.yaml or *.yml file; add a definition", Only(DefinitionLoader.LoadAll(_folder.FullName).Errors));
        Assert.Equal($"{_folder}:1:1: this is a folder; name a file in it", Only(DefinitionLoader.LoadFile(_folder.FullName).Errors));
        Assert.StartsWith(":1:1: this file cannot be read: ", Only(DefinitionLoader.LoadAll("").Errors), StringComparison.Ordinal);
        Assert.StartsWith("a\0b:1:1: this file cannot be read: ", Only(DefinitionLoader.LoadAll("a\0b").Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Large_file_is_refused()
    {
        var good = Definition("a") + "#";
        var largest = Write("largest.yaml", good.PadRight(1024 * 1024, 'x'));
        Assert.Empty(DefinitionLoader.LoadFile(largest).Errors);
        var larger = Write("larger.yaml", good.PadRight((1024 * 1024) + 1, 'x'));
        Assert.Equal($"{larger}:1:1: this file is larger than 1 MiB, which no definition needs; check the path", Only(DefinitionLoader.LoadFile(larger).Errors));
    }

    [Fact]
    public void Bytes_that_are_not_text_have_their_place()
    {
        var file = Path.Combine(_folder.FullName, "latin1.yaml");
        File.WriteAllBytes(file, [.. "pipeline: p\ntable: é"u8, 0xE9, .. "x\n"u8]);
        Assert.Equal($"{file}:2:9: this byte is not UTF-8; save the file as UTF-8", Only(DefinitionLoader.LoadFile(file).Errors));
    }

    private static string Only(IReadOnlyList<DefinitionError> errors) => Assert.Single(errors).ToString();

    private static string Definition(string name) => $"pipeline: {name}\ntable: {name}\ncolumns: {{ a: text }}\n";

    private static string Root([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
