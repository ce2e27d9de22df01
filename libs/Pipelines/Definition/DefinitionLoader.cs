namespace Ingest.Pipelines.Definition;

/// <summary>Reads pipeline definitions from YAML. Whatever the files hold, mistakes come back as values, never thrown.</summary>
public static class DefinitionLoader
{
    /// <summary>
    /// Reads one file, or all <c>*.yaml</c> and <c>*.yml</c> files of a folder in the order of their names, and also
    /// refuses names, ports and tables that two files use. Hidden files and subfolders are left alone.
    /// </summary>
    public static LoadedDefinitions LoadAll(string fileOrFolder)
    {
        if (!Directory.Exists(fileOrFolder))
            return Combine([Read(fileOrFolder)]);

        string[] files;
        try
        {
            files = [.. Directory.EnumerateFiles(fileOrFolder).Where(IsDefinition).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new LoadedDefinitions([], [new DefinitionError(fileOrFolder, 1, 1, $"this folder cannot be read: {exception.Message}")]);
        }

        return files.Length > 0
            ? Combine([.. files.Select(Read)])
            : new LoadedDefinitions([], [new DefinitionError(fileOrFolder, 1, 1, "this folder holds no *.yaml or *.yml file; add a definition")]);
    }

    public static LoadedDefinition LoadFile(string path)
    {
        var file = Read(path);
        return new LoadedDefinition(file.Definition, file.Mistakes.InOrder);
    }

    /// <summary>Reads a definition that is in memory already.</summary>
    /// <param name="file">What messages call it.</param>
    /// <param name="yaml">The definition's text.</param>
    public static LoadedDefinition Parse(string file, string yaml) => Parse(file, yaml, DefaultFit.FaultOf);

    internal static LoadedDefinition Parse(string file, string yaml, Func<ColumnDefinition, string?> faultOfDefault)
    {
        var mistakes = new Mistakes(file);
        var read = ReadText(file, new SourceText(yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml), mistakes, faultOfDefault);
        return new LoadedDefinition(read.Definition, mistakes.InOrder);
    }

    private static ReadFile Read(string path)
    {
        var mistakes = new Mistakes(path);
        return SourceFile.Read(path, mistakes) is { } source
            ? ReadText(path, source, mistakes, DefaultFit.FaultOf)
            : new ReadFile(path, null, mistakes, []);
    }

    private static ReadFile ReadText(string path, SourceText source, Mistakes mistakes, Func<ColumnDefinition, string?> faultOfDefault)
    {
        if (YamlDocument.Read(source, mistakes) is not { } root)
            return new ReadFile(path, null, mistakes, []);
        var reader = new DefinitionReader(path, source, mistakes, faultOfDefault);
        return new ReadFile(path, reader.Read(root), mistakes, reader.Claims);
    }

    private static LoadedDefinitions Combine(ReadFile[] files)
    {
        var owners = new Dictionary<string, (string File, Claim Claim)>();
        foreach (var file in files)
        {
            foreach (var claim in file.Claims)
            {
                if (!owners.TryAdd(claim.Identity, (file.Path, claim)))
                {
                    var (path, first) = owners[claim.Identity];
                    file.Mistakes.Add(claim.Mark, $"{claim.What} is used by {path}:{first.Mark.Line} already; choose another");
                }
            }
        }

        return new LoadedDefinitions(
            [.. files.Where(file => !file.Mistakes.Any).Select(file => file.Definition).OfType<PipelineDefinition>()],
            [.. files.SelectMany(file => file.Mistakes.InOrder)]);
    }

    private static bool IsDefinition(string path) =>
        Path.GetExtension(path) is ".yaml" or ".yml" && !Path.GetFileName(path).StartsWith('.');

    private sealed record ReadFile(string Path, PipelineDefinition? Definition, Mistakes Mistakes, IReadOnlyList<Claim> Claims);
}

/// <summary>One file: its definition, or all its mistakes in the order of the file.</summary>
public sealed record LoadedDefinition(PipelineDefinition? Definition, IReadOnlyList<DefinitionError> Errors);

/// <summary>The definitions without mistakes, in the order of their files, and the mistakes of the others.</summary>
public sealed record LoadedDefinitions(IReadOnlyList<PipelineDefinition> Definitions, IReadOnlyList<DefinitionError> Errors);
