using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Turns a file's text into the one mapping that a definition is.</summary>
internal static class YamlDocument
{
    /// <summary>The mapping, or null after a mistake that leaves nothing to read on.</summary>
    public static YamlMappingNode? Read(SourceText source, Mistakes mistakes)
    {
        // YamlDotNet takes U+0000 for the end of the file and would drop the rest in silence.
        var nul = source.Text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0)
        {
            mistakes.Add(source.PositionAt(nul), "this character is U+0000, which no text contains; remove it");
            return null;
        }

        // The tree is built by recursion, so nothing reaches it before the check has bounded the depth.
        if (!new YamlStructureCheck(source, mistakes).Passes())
            return null;

        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(source.Text));
        }
        catch (YamlException exception)
        {
            mistakes.Add(exception.Start, YamlStructureCheck.InvalidYaml(exception.Message));
            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The parser passes some values over, and the tree misses them.
            mistakes.Add((1, 1), YamlStructureCheck.InvalidYaml(""));
            return null;
        }

        switch (stream.Documents is [var document, ..] ? document.RootNode : null)
        {
            case YamlMappingNode root:
                return root;
            case null:
            case YamlScalarNode scalar when YamlScalar.IsNull(scalar):
                mistakes.Add((1, 1), "this file is empty; a definition begins with 'pipeline: name'");
                return null;
            case var other:
                mistakes.Add(other, "a definition is a mapping of keys to values, such as 'pipeline: comments'");
                return null;
        }
    }
}
