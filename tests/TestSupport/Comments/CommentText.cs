using System.Text;

namespace Ingest.TestSupport;

/// <summary>Who writes generated comments, where, and what they say.</summary>
internal static class CommentText
{
    public const string Deleted = "[deleted]";

    private const int MaximumWords = 300;

    private static readonly string[] Subreddits = Words(
        """
        AskReddit funny pics gaming worldnews todayilearned movies science nba soccer politics technology
        aww Music books food history space programming linux csharp dotnet rust golang python javascript
        askscience photography gardening cooking cycling chess running hiking woodworking personalfinance
        """);

    private static readonly string[] Adjectives = Words(
        """
        quiet careful sleepy brave curious gentle hidden lucky modest noisy odd patient quick rusty silver tidy
        upbeat vivid wandering young zealous bitter crisp dusty eager frozen golden hasty idle jolly
        """);

    private static readonly string[] Animals = Words(
        """
        otter heron badger falcon lynx marten newt owl puffin quail raven seal tapir urchin viper walrus yak zebra
        beetle crane dolphin eel finch gecko hare ibis jackal koala lemur moth
        """);

    private static readonly string[] Common = Words(
        """
        the of and to a in that it is was for on you with as I have be at this not are but from or an they which
        one were all we can there been has when who will more if no out so what up said its about than into them
        only other new some could time these two may then do first any my now such like our over me even most made
        after also did many before must through back years where much your way well down should because each just
        those people too little state good very make world still see own work long get here between both life being
        under never day same another know while last might us great old year off come since against go came right
        used take three states himself few house use during without again place around however home small found
        thought went say part once general high upon school every don't does got united left number course war
        until always away something fact water though less public put think almost hand enough far took head yet
        better set told nothing night end why called didn't eyes find going look asked later point knew next
        program city business give group toward young days let room side social given present several order
        national possible rather second face per among form important often things looked early white case large
        need big four within felt children along saw best church ever least power development light thing seemed
        """);

    private static readonly string[] Unusual =
    [
        "naïve", "café", "日本語", "🎉", "\"quoted\"", "&gt;", "&amp;", "https://example.org/a?b=c&amp;d=e", "C:\\temp", "\t", "½",
    ];

    private static readonly string[] Beam = Words(
        """
        process supervisor GenServer mailbox message pattern match pipe macro release node cluster LiveView Phoenix
        Ecto changeset OTP gen_statem ETS scheduler binary atom tuple dialyzer mix hex rebar3 Broadway back-pressure
        """);

    public static string Subreddit(ref SplitMix random) => random.Below(200) switch
    {
        < 2 => "elixir",
        < 3 => "erlang",
        // The product of two numbers is mostly small: the first names are the popular ones.
        _ => Subreddits[random.Below(Subreddits.Length) * random.Below(Subreddits.Length) / Subreddits.Length],
    };

    public static string Author(ref SplitMix random)
    {
        if (random.Below(20) == 0)
            return Deleted;
        var name = $"{Pick(Adjectives, ref random)}_{Pick(Animals, ref random)}";
        var number = random.Below(40);
        return number == 0 ? name : $"{name}{number}";
    }

    public static string Body(string subreddit, ref SplitMix random)
    {
        var special = subreddit is "elixir" or "erlang" ? Beam : Unusual;
        var rarity = subreddit is "elixir" or "erlang" ? 6 : 40;
        var body = new StringBuilder(random.Below(5) == 0 ? "  " : "");
        var words = 1 + random.Below(20);
        while (random.Below(2) == 0 && words < MaximumWords)
            words += random.Below(40);
        for (var i = 0; i < words; i++)
        {
            if (i > 0)
                body.Append(random.Below(50) == 0 ? "\n\n" : random.Below(12) == 0 ? ". " : " ");
            body.Append(random.Below(rarity) == 0 ? Pick(special, ref random) : Pick(Common, ref random));
        }
        return body.Append(random.Below(4) == 0 ? "? " : ".").ToString();
    }

    private static string Pick(string[] words, ref SplitMix random) => words[random.Below(words.Length)];

    private static string[] Words(string text) =>
        text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
