using System.Text;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Http;
using Ingest.Pipelines.Definition;
using Microsoft.AspNetCore.Http;

namespace Ingest.UnitTests.Gateway;

/// <summary>
/// Ids that databases remember. A release that gave one of these sources or batches another id would write a second time
/// what is loaded or sent again: no value here may ever change, whatever becomes of the code that makes it.
/// </summary>
public class StableIdTests
{
    private static readonly PipelineDefinition Pipeline =
        Definitions.RefusingAll(1_000) with { Name = "comments", Version = "0123456789abcdef" };

    [Fact]
    public void A_source_is_known_by_its_pipeline_version_and_name() => Assert.Equal("9f27c647-498c-8bc1-9ccd-5f31c4edd9dd", File().Id.ToString());

    [Fact]
    public void A_request_is_known_by_its_key()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers["Idempotency-Key"] = "\"7f3a\"";
        request.Headers["Ingest-Source"] = "a name, which says nothing";
        var source = SourceNaming.Read(request, Pipeline, "an address", out _)!;
        Assert.Equal(("39616ffd-c601-8a1f-9a89-0692f9969b22", true), (source.Id.ToString(), source.Replayable));
    }

    [Fact]
    public void A_batch_is_known_by_its_place_and_its_bytes()
    {
        Assert.Equal(["0 0ebe617c-98be-8471-a934-42a78173cfd0"], Ids(""));
        Assert.Equal(["0 3f7daea5-2b44-838d-81dd-2c0b3ef30a67"], Ids("a\n"));
        Assert.Equal(["0 9af9191e-9226-8cbf-8531-ee5f6e844128", "4 0bc80c6c-1a5a-8dd9-bbd5-2af2b4a8e03d"], Ids("a\nb\nc"));
        Assert.Equal(["0 c24fef25-f065-8a96-b2d4-746a164fc883"], Ids("\uFEFFa\r\n\r\nb\r\n"));
    }

    [Fact]
    public void Batches_are_cut_by_their_bytes_lines_and_cells()
    {
        Assert.Equal(
            [
                "0 1aabc419-3a6c-811c-9f5c-53c5b3d77ad1", "1048400 87587bbc-cad8-89cf-a83d-5fef0af2d5e3",
                "2096800 3c38270f-09c8-8f18-af52-bfd1716596e4",
            ],
            Ids(Repeated(new string('x', 199) + "\n", 12_000)));
        Assert.Equal(
            ["0 c92d9b5e-2c47-8eb4-9fc8-be04e547e003", "49152 c2a13878-ce86-8bce-81c5-95a1ab6d38c1"], Ids(Repeated("{}\n", 20_000)));
        Assert.Equal(
            [
                "0 765c77c4-b323-83e4-b6a5-8118aeda4dc0", "30000 93b854df-05b4-8878-a1b0-b398e3f4e68d",
                "60000 da7aeaec-2493-889d-baca-3d95bddad541",
            ],
            Ids(Repeated("{}\n", 20_000), columns: 100));
    }

    [Fact]
    public void Lines_that_are_too_long_and_corrupt_tails_have_ids_of_their_own()
    {
        Assert.Equal(
            [
                "0 3f7daea5-2b44-838d-81dd-2c0b3ef30a67", "2 47af44ff-292d-8020-a5fa-4fb9e69cddad",
                "2097155 f93448c6-56e5-869a-ad75-18d5b423d7dc",
            ],
            Ids("a\n" + new string('x', 2 * LineBatchBuilder.CutBytes) + "\nb\n"));
        Assert.Equal(
            ["0 3f7daea5-2b44-838d-81dd-2c0b3ef30a67", "2 488413d9-9474-8d6c-9674-1073dbe097e0"], Ids("a\nbc", ending: SourceEnding.Corrupt));
    }

    private static Source File(int columns = 1) => Source.Replay(
        "/data/RC_2018-10 é.xz", Pipeline with { Columns = [.. Enumerable.Repeat(Pipeline.Columns[0], columns)] });

    private static string Repeated(string line, int count) => string.Concat(Enumerable.Repeat(line, count));

    /// <summary>Where each batch begins, and its id.</summary>
    private static List<string> Ids(string content, int columns = 1, SourceEnding ending = SourceEnding.Complete)
    {
        var offset = 0L;
        var ids = new List<string>();
        foreach (var batch in Cutting.Of(File(columns), Encoding.UTF8.GetBytes(content), [int.MaxValue], ending).Batches)
        {
            ids.Add($"{offset} {batch.Id}");
            offset += batch.Segments.Sum(s => s.ByteLength);
        }

        return ids;
    }
}
