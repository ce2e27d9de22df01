namespace Ingest.Pipelines.Definition;

/// <summary>A file's text and the positions in it, both from 1. Lines end where YAML 1.1 ends them.</summary>
internal sealed class SourceText
{
    private readonly List<int> _lineStarts = [0];

    public SourceText(string text)
    {
        Text = text;
        for (var i = 0; i < text.Length; i++)
        {
            if (IsBreak(text[i]) && !(text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n'))
                _lineStarts.Add(i + 1);
        }
    }

    public string Text { get; }

    public (int Line, int Column) PositionAt(int index)
    {
        var found = _lineStarts.BinarySearch(index);
        var line = found >= 0 ? found : ~found - 1;
        return (line + 1, index - _lineStarts[line] + 1);
    }

    /// <summary>A line without its end; empty for one that does not exist.</summary>
    public string LineAt(int line)
    {
        if (line < 1 || line > _lineStarts.Count)
            return "";
        var end = line < _lineStarts.Count ? _lineStarts[line] : Text.Length;
        return Text[_lineStarts[line - 1]..end].TrimEnd('\r', '\n', '\u0085', '\u2028', '\u2029');
    }

    public static bool IsBreak(char c) => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';
}
